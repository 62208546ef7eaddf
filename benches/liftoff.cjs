// CPU time of `new WebAssembly.Module` in V8, the file already read: liftoff.cjs FILE, under node's flags for the tier.
const fs = require('fs');
const bytes = fs.readFileSync(process.argv[2]);
const cpu = process.cpuUsage(), begin = process.hrtime.bigint();
new WebAssembly.Module(bytes);
const wall_ns = Number(process.hrtime.bigint() - begin), used = process.cpuUsage(cpu);
console.log(JSON.stringify({cpu_ns: (used.user + used.system) * 1000, wall_ns, peak_rss_kib: process.resourceUsage().maxRSS}));
