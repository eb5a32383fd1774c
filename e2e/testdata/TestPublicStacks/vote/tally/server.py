import psycopg2
from flask import Flask

app = Flask(__name__)


@app.route("/")
def result():
    with psycopg2.connect("postgres://postgres:postgres@db/postgres") as db, db.cursor() as sql:
        sql.execute("SELECT vote, count(*) FROM votes GROUP BY vote ORDER BY vote")
        return " ".join(f"{v}={n}" for v, n in sql.fetchall()) + "\n"


app.run(host="0.0.0.0", port=80)
