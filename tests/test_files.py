"""The lists that the code ships with are read as PyYAML's plain loader reads them."""

from pathlib import Path

import pytest
import yaml

from analysis.files import read_yaml

ROOT = Path(__file__).parents[1]
LISTS = sorted((ROOT / "analysis").rglob("*.yaml"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_is_what_the_plain_loader_reads(path):
    assert read_yaml(path) == yaml.safe_load(path.read_text(encoding="utf-8"))


def test_objects_are_not_made(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("!!python/object/apply:os.getcwd []", encoding="utf-8")
    with pytest.raises(yaml.YAMLError):
        read_yaml(path)
