"""Serve the application by gevent: ``python gevent_server.py pywsgi PORT``.

gevent's own server has no command, and Flask-SocketIO starts it from the app.
"""

import sys
from importlib import import_module

import_module("gevent.monkey").patch_all()  # before anything else is imported

app = import_module("app").app
kind, port = sys.argv[1], int(sys.argv[2])

if kind == "socketio":
    socketio = import_module("flask_socketio").SocketIO(app, async_mode="gevent")
    socketio.run(app, port=port)
else:
    server = import_module("gevent.pywsgi").WSGIServer(("127.0.0.1", port), app)
    server.serve_forever()
