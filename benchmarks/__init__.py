"""``make bench``: what Doorstep costs beside the least that could be done."""
