// Keeps words in mariadb, by its own client.
const http = require("http");
const fs = require("fs");
const { execFile } = require("child_process");

const password = fs.readFileSync(process.env.DB_PASSWORD_FILE, "utf8").trim();

function sql(query, done) {
  const args = ["-h", "db", "-uroot", "-N", "-e", query, "shop"];
  execFile("mariadb", args, { env: { ...process.env, MYSQL_PWD: password } }, done);
}

http
  .createServer((req, res) => {
    const word = new URL(req.url, "http://x").searchParams.get("add");
    let query = "CREATE TABLE IF NOT EXISTS words (word VARCHAR(40));";
    if (word && /^\w+$/.test(word)) query += `INSERT INTO words VALUES ('${word}');`;
    sql(query + "SELECT word FROM words;", (err, out) => {
      res.statusCode = err ? 500 : 200;
      res.end(err ? String(err) : out);
    });
  })
  .listen(3000, () => console.log("listening"));

process.on("SIGTERM", () => process.exit(0));
