const fs = require("fs"), os = require("os");
console.log("web", process.env.NODE_ENV, os.userInfo().username, fs.existsSync("a.test.js"), fs.statSync("server.js").uid);
