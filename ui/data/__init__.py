"""The steps of the page Data: files, meaning, check and publish, versions."""
