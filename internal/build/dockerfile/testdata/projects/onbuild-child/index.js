console.log("onbuild", process.cwd(), require("fs").existsSync("node_modules"));
