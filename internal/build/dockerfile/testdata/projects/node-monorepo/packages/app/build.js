const {greet} = require("../shared/index.js");
console.log(`console.log(${JSON.stringify(greet("monorepo"))})`);
