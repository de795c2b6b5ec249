"""Decides about every method on every URL of a Flask app: the view, 405, 410 or 501."""

from .blueprints import deprecate_blueprint as deprecate_blueprint
from .config import ConfigError as ConfigError
from .config import Settings as Settings
from .decision import DEFAULT_METHODS as DEFAULT_METHODS
from .decision import STANDARD_METHODS as STANDARD_METHODS
from .decision import Reason as Reason
from .deprecation import Deprecation as Deprecation
from .deprecation import Phase as Phase
from .exceptions import InvalidMethod as InvalidMethod
from .exceptions import MethodNotAllowed as MethodNotAllowed
from .exceptions import MethodNotImplemented as MethodNotImplemented
from .exceptions import MethodRejected as MethodRejected
from .exceptions import ResourceGone as ResourceGone
from .extension import MethodGuard as MethodGuard
from .marks import deprecated_methods as deprecated_methods
from .signals import deprecated_method_called as deprecated_method_called
from .signals import method_rejected as method_rejected
from .successor import Successor as Successor
