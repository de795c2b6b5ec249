"""Reports: what clients of an app get and why, as plain values.

The public names of the inspection wing. No view runs, and no hook.
"""

from .inspection.agreement import DIFFERENCES as DIFFERENCES
from .inspection.agreement import Agreement as Agreement
from .inspection.agreement import Difference as Difference
from .inspection.agreement import agreement as agreement
from .inspection.apps import NoGuardError as NoGuardError
from .inspection.catalogue import CHECKS as CHECKS
from .inspection.catalogue import Check as Check
from .inspection.catalogue import Severity as Severity
from .inspection.checks import Finding as Finding
from .inspection.checks import check as check
from .inspection.explanation import Explanation as Explanation
from .inspection.explanation import explain as explain
from .inspection.inventory import Inventory as Inventory
from .inspection.inventory import Route as Route
from .inspection.inventory import inventory as inventory
from .inspection.openapi import DocumentError as DocumentError
from .inspection.schedule import DeprecatedMethod as DeprecatedMethod
from .inspection.schedule import deprecations as deprecations
