"""What people run today: a Flask handler with the same token and time checks and a queue
that costs nothing. Only for comparison in tests/bench; run by gunicorn, 2 x 16 threads."""
import hmac
import os
from datetime import datetime

from flask import Flask, jsonify, request

app = Flask(__name__)
TOKEN = os.environ["BENCH_TOKEN"]


@app.post("/submit")
def submit():
    body = request.get_json(force=True)
    if not hmac.compare_digest(body.get("token", ""), TOKEN):
        return jsonify(error="Invalid token"), 401
    try:
        datetime.fromisoformat(body["email_timestream"].replace("Z", "+00:00"))
    except (KeyError, ValueError):
        return jsonify(error="Invalid email_timestream format"), 400
    return jsonify(message="Payload accepted and queued.")
