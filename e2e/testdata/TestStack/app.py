"""Counts in redis, keeps notes in postgres."""
import os
import socket

import psycopg2
from flask import Flask, request

app = Flask(__name__)


def database():
    with open(os.environ["DB_PASSWORD_FILE"], encoding="utf-8") as f:
        return psycopg2.connect(host="db", user="shop", dbname="shop", password=f.read().strip())


def hits():
    with socket.create_connection(("redis", 6379), 5) as c:
        c.sendall(b"INCR hits\r\n")
        return c.recv(64).decode().strip().lstrip(":")


@app.get("/")
def index():
    return f"{socket.gethostname()} {hits()} {os.getuid()}\n"


@app.get("/health")
def health():
    with database() as db, db.cursor() as cur:
        cur.execute("SELECT 1")
    return "ok\n"


@app.get("/notes")
def notes():
    with database() as db, db.cursor() as cur:
        if "add" in request.args:
            cur.execute("INSERT INTO notes (text) VALUES (%s)", (request.args["add"],))
        cur.execute("SELECT text FROM notes ORDER BY id")
        return "".join(row[0] + "\n" for row in cur.fetchall())


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000, threaded=True)
