// Run pytest on CPython for WebAssembly: node .ci/wasm.mjs RUNTIME TESTS SITE [OPTION…]
//
// RUNTIME is a folder that .ci/pyodide printed, TESTS the folder to test in, and SITE
// a folder with what the tests import. There are no threads, processes or sockets.
import { pathToFileURL } from "node:url";

const [runtime, tests, site, ...options] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`));
const python = await loadPyodide();
python.mountNodeFS("/tests", tests);
// Some tests look at whether a module is in the folder of installed packages.
const packages = python.runPython("import sysconfig; sysconfig.get_path('purelib')");
python.mountNodeFS(packages, site);
python.globals.set("options", python.toPy(options));
process.exitCode = python.runPython(`
import os, sys, sysconfig
sys.path.insert(0, sysconfig.get_path("purelib"))
os.chdir("/tests")

import pytest
from importlib.metadata import version

print("Python", sys.version.split()[0], "on", sys.platform, end="")
print("".join(f", {name} {version(name)}" for name in ("flask", "werkzeug")))
int(pytest.main(options))
`);
