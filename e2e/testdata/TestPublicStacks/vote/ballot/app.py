import socket

from flask import Flask, request
from redis import Redis

app = Flask(__name__)
redis = Redis(host="redis", socket_timeout=5)


@app.route("/")
def vote():
    if choice := request.args.get("vote"):
        redis.rpush("votes", choice)
    return f"{socket.gethostname()} {request.args.get('vote', '')}\n"


app.run(host="0.0.0.0", port=80)
