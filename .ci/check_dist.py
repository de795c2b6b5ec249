"""Check the wheel and the sdist: they hold every tracked file, and nothing else.

Give it the folder that they were built into; it runs in the checkout.
"""

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

PACKAGE = "flask_method_guard"

#: What is only useful in a checkout.
NOT_SHIPPED = (
    ".ci/",
    ".editorconfig",
    ".git",
    ".pre-commit",
    ".readthedocs",
    "benchmarks/",
)

#: What the build backend adds to the two.
WHEEL_METADATA = {
    *("METADATA", "RECORD", "WHEEL"),
    *("entry_points.txt", "licenses/LICENSE", "top_level.txt"),
}
SDIST_METADATA = {"PKG-INFO"}

#: What the metadata must say; the rest is free to change.
METADATA = {
    "Name": ["flask-method-guard"],
    "License-Expression": ["BSD-3-Clause"],
    "License-File": ["LICENSE"],
    "Description-Content-Type": ["text/markdown"],
    "Requires-Dist": ["flask>=2.3", 'pyyaml>=6; extra == "openapi"'],
}


def tracked() -> set[str]:
    """List the files of the commit that was built."""
    command = ["git", "ls-files", "-z"]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return set(filter(None, found.split("\0")))


def check_names(kind: str, found: set[str], expected: set[str]) -> list[str]:
    """Compare what is in an archive with what should be."""
    print(f"{kind}: {len(found)} files")
    print("".join(f"  {name}\n" for name in sorted(found)), end="")
    return [f"{kind} lacks {name}" for name in sorted(expected - found)] + [
        f"{kind} holds {name}, too" for name in sorted(found - expected)
    ]


def check_wheel(path: Path) -> list[str]:
    """Check the wheel's names and metadata."""
    info = f"{path.name.split('-py3-')[0]}.dist-info"
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        metadata = message_from_bytes(archive.read(f"{info}/METADATA"))
    expected = {name for name in tracked() if name.startswith(f"{PACKAGE}/")}
    expected |= {f"{info}/{name}" for name in WHEEL_METADATA}
    return check_names("wheel", names, expected) + check_metadata(metadata)


def check_metadata(metadata: Message) -> list[str]:
    """Check the facts that installers and indexes read."""
    return [
        f"metadata: {key} is {metadata.get_all(key)}, not {value!r}"
        for key, value in METADATA.items()
        if metadata.get_all(key) != value
    ]


def check_sdist(path: Path) -> list[str]:
    """Check the sdist's names."""
    top = path.name.removesuffix(".tar.gz")
    with tarfile.open(path) as archive:
        files = [item.name for item in archive.getmembers() if item.isfile()]
    names = {name.removeprefix(f"{top}/") for name in files}
    names = {name for name in names if not name.startswith(f"{PACKAGE}.egg-info/")}
    expected = {name for name in tracked() if not name.startswith(NOT_SHIPPED)}
    return check_names("sdist", names, expected | SDIST_METADATA)


def main(folder: Path) -> None:
    """Check the one wheel and the one sdist of a folder."""
    [wheel] = folder.glob("*.whl")
    [sdist] = folder.glob("*.tar.gz")
    problems = check_wheel(wheel) + check_sdist(sdist)
    sys.exit("\n".join(problems) or 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
