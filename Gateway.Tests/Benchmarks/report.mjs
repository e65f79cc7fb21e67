// What the bench writes: the table as Markdown, all figures as JSON, a chart as SVG; and one run against another.
import fs from "node:fs";

const median = (xs) => {
  const sorted = [...xs].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const short = (x) => (Number.isNaN(x) ? "-" : Math.abs(x) >= 100 ? Math.round(x).toLocaleString("en") : Number(x.toPrecision(3)).toString());
const spread = (xs) => (xs.length > 1 && Math.min(...xs) !== Math.max(...xs) ? `${short(median(xs))} (${short(Math.min(...xs))}–${short(Math.max(...xs))})` : short(median(xs)));
const ratio = (a, b) => a.map((x, i) => x / b[Math.min(i, b.length - 1)]);
const part = (x) => (x < 1 ? `1/${short(1 / x)}` : `${short(x)} ×`);

/** Each goal with what came of it; those of peers that were not there are left out. A peer `@ROW` is Gateway itself in another row. */
function goalsOf(id, row, taken, result) {
  return row.goals.flatMap(([figure, peer, limit, kind]) => {
    const there = peer?.startsWith("@") ? result.rows[peer.slice(1)]?.gateway : taken[peer];
    const own = taken.gateway?.figures[figure], other = peer ? there?.figures[figure] : null;
    if (!own || (peer && !other)) return [];
    const value = peer ? median(ratio(own, other)) : median(own);
    return [{ id, figure, peer, limit, value, isMet: kind === "least" ? value >= limit : value <= limit }];
  });
}

function table(result, rows, peers) {
  const used = Object.keys(peers).filter((name) => Object.values(result.rows).some((taken) => taken[name]));
  const lines = [`| work | figure | ${used.map((name) => peers[name].title).join(" | ")} | goal |`, `|---|---|${used.map(() => "---|").join("")}---|`];
  for (const [id, taken] of Object.entries(result.rows)) {
    const goals = goalsOf(id, rows[id], taken, result);
    const figures = [...new Set(Object.values(taken).flatMap((one) => Object.keys(one.figures)))];
    figures.forEach((figure, index) => {
      const cells = used.map((name) => {
        const values = taken[name]?.figures[figure];
        return values ? `${spread(values)}${taken[name].busier * 2 > values.length ? " (!)" : ""}` : "";
      });
      const said = goals.filter((goal) => goal.figure === figure).map((goal) =>
        `${goal.isMet ? "met" : "**missed**"}: ${goal.peer ? `${part(goal.value)} of ${peers[goal.peer]?.title ?? rows[goal.peer.slice(1)].title}, to be ${part(goal.limit)}` : `to be ${short(goal.limit)}`}`);
      lines.push(`| ${index === 0 ? rows[id].title : ""} | ${figure} | ${cells.join(" | ")} | ${said.join("; ")} |`);
    });
  }
  return lines.join("\n") + "\n";
}

/** Bars: how many times as much as Gateway each server takes, on a scale of powers. */
function chart(result, rows, peers) {
  const shown = [["replay-1", "server CPU, ms"], ["replay-8", "server CPU, ms"], ["fanout-1000", "CPU for each delivery, µs"], ["rooms", "CPU for each delivery, µs"],
    ["storm", "CPU for each, µs"], ["idle-10000", "memory for each, KB"], ["action", "p50, ms"]].filter(([id, figure]) => result.rows[id]?.gateway?.figures[figure]);
  const colours = { gateway: "#1f6feb", python: "#bf8700", node: "#2da44e", eiows: "#57ab5a", bun: "#bf3989", bare: "#8c959f" };
  const used = Object.keys(peers).filter((name) => shown.some(([id]) => result.rows[id][name]));
  const bars = shown.map(([id, figure]) => ({
    title: `${rows[id].title}: ${figure.replace(/, (ms|µs|KB)$/, "")}`,
    values: used.flatMap((name) => { const xs = result.rows[id][name]?.figures[figure]; return xs ? [{ name, value: median(ratio(xs, result.rows[id].gateway.figures[figure])) }] : []; }),
  }));
  const most = Math.max(...bars.flatMap((bar) => bar.values.map((one) => one.value)), 2), least = Math.min(...bars.flatMap((bar) => bar.values.map((one) => one.value)), 0.5);
  const left = 20, width = 560, x = (value) => (width * Math.log(value / least)) / Math.log(most / least);
  let y = 54;
  const parts = [];
  for (const bar of bars) {
    parts.push(`<text x="${left}" y="${y}" class="t">${bar.title}</text>`);
    y += 8;
    for (const one of bar.values) {
      parts.push(`<rect x="${left}" y="${y}" width="${Math.max(2, x(one.value)).toFixed(1)}" height="11" fill="${colours[one.name]}"/>`,
        `<text x="${(left + 6 + Math.max(2, x(one.value))).toFixed(1)}" y="${y + 9.5}" class="n">${peers[one.name].title} ${one.name === "gateway" ? "1" : short(one.value)}</text>`);
      y += 15;
    }
    y += 20;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="760" height="${y}" viewBox="0 0 760 ${y}" font-family="system-ui, sans-serif">
<style>.t{font-size:13px;fill:#1f2328}.n{font-size:11px;fill:#57606a}.h{font-size:15px;font-weight:600;fill:#1f2328}</style>
<rect width="760" height="${y}" fill="#ffffff"/>
<text x="${left}" y="28" class="h">What it costs, as a multiple of Gateway (a scale of powers; less is better)</text>
${parts.join("\n")}
</svg>
`;
}

export function print(result, rows, peers) {
  console.log(table(result, rows, peers));
  console.log(`Medians of ${result.runs} runs or fewer, with the least and the most. (!): the load generator was busier than the server.`);
  for (const note of result.notes) console.log(`- ${note}`);
}

export function write(result, rows, peers, folder) {
  if (!folder) return;
  fs.mkdirSync(folder, { recursive: true });
  const file = `${folder}/result.json`;
  // What was not run this time stays as it is.
  const before = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : { rows: {}, notes: [] };
  const merged = Object.fromEntries(Object.keys(rows).flatMap((id) => (result.rows[id] ?? before.rows[id]) ? [[id, { ...before.rows[id], ...result.rows[id] }]] : []));
  const whole = { ...result, rows: merged };
  fs.writeFileSync(file, JSON.stringify(whole, null, 1) + "\n");
  fs.writeFileSync(`${folder}/table.md`, table(whole, rows, peers));
  fs.writeFileSync(`${folder}/chart.svg`, chart(whole, rows, peers));
}

/** This run's figures of Gateway as parts of a saved run's. */
export function compare(result, saved, rows) {
  console.log(`\n| work | figure | then | now | now / then |\n|---|---|---|---|---|`);
  for (const [id, taken] of Object.entries(result.rows)) {
    for (const [figure, now] of Object.entries(taken.gateway?.figures ?? {})) {
      const then = saved.rows[id]?.gateway?.figures[figure];
      if (!then) continue;
      const least = Math.min(...now) / Math.max(...then), most = Math.max(...now) / Math.min(...then);
      console.log(`| ${rows[id].title} | ${figure} | ${spread(then)} | ${spread(now)} | ${short(median(now) / median(then))} (${short(least)}–${short(most)}) |`);
    }
  }
}
