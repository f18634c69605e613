/**
 * The style sheet of the report page. Sides and arms are told apart by colours of the palettes of Okabe and Ito 2008 and of
 * Tol 2021 ("muted"), darkened or lightened to stand out from the page.
 */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --text: #1b2430; --muted: #5d6875; --line: #dfe3e8; --grid: #e8ebef;
  --adaptive: #0b6cae; --static: #c4540c;
  --arm-1: #117733; --arm-2: #7cc3e6; --arm-3: #882255; --arm-4: #d9c35f; --arm-5: #a454a0; --arm-rest: #b9c0c8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11161d; --surface: #1a212b; --text: #e6eaef; --muted: #9aa6b4; --line: #303a47; --grid: #2a333f;
    --adaptive: #5ab4ea; --static: #f0a24a;
    --arm-1: #44aa99; --arm-2: #88ccee; --arm-3: #cc6677; --arm-4: #ddcc77; --arm-5: #c58fd0; --arm-rest: #566270;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
}
main { max-width: 1056px; margin: 0 auto; padding: 56px 24px 80px; }
h1 { font-size: 30px; line-height: 1.28; font-weight: 650; letter-spacing: -0.012em; margin: 10px 0 16px; text-wrap: pretty; }
h2 { font-size: 20px; line-height: 1.3; font-weight: 650; margin: 0 0 4px; }
p { margin: 0 0 12px; max-width: 88ch; text-wrap: pretty; }
.eyebrow { color: var(--muted); font-size: 14px; letter-spacing: 0.02em; margin: 0; }
.eyebrow b { color: var(--text); }
.lead, .note { color: var(--muted); }
.note { font-size: 14px; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 28px 32px 30px; margin-top: 24px; }
section > p { color: var(--muted); margin-bottom: 20px; }
section > p.finding { color: var(--text); margin: 0; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 16px; margin: 32px 0 0; padding: 0; list-style: none; }
.tiles li { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; }
.tiles .name { display: block; color: var(--muted); font-size: 14px; }
.tiles .value { display: block; font-size: 30px; line-height: 1.35; font-weight: 650; color: var(--adaptive); white-space: nowrap; }
.tiles .other { display: block; font-size: 14px; color: var(--muted); }
.tiles .other b { color: var(--static); font-weight: 600; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 32px 24px; align-items: start; }
figure { margin: 0; }
figcaption { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; margin-bottom: 10px; font-size: 14px; color: var(--muted); }
figcaption.crowded b { flex-basis: 100%; }
figcaption b { color: var(--text); font-weight: 600; }
.key { white-space: nowrap; }
.key i { display: inline-block; width: 14px; height: 10px; border-radius: 2px; margin-right: 7px; background: var(--color); }
.key i.line { height: 0; width: 22px; border-top: 3px solid var(--color); border-radius: 0; background: none; vertical-align: 4px; }
.key i.dashed { border-top-style: dashed; }
.key i.dot { width: 11px; height: 11px; border-radius: 50%; }
.key i.ring { width: 11px; height: 11px; border-radius: 50%; background: none; border: 2px solid var(--color); }
.chart { overflow-x: auto; }
.plot { display: block; max-width: 100%; height: auto; --plot-background: var(--surface); font-variant-numeric: tabular-nums; color: var(--muted); }
.plot text, .plot tspan { white-space: pre; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 15px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: 14px; padding-bottom: 8px; }
th, td { padding: 8px 0 8px 24px; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; }
thead th { color: var(--muted); font-weight: 500; font-size: 14px; vertical-align: bottom; }
tbody th { font-weight: 500; }
tbody tr:last-child > * { border-bottom: 0; }
.text { text-align: left; }
.wrap { white-space: normal; min-width: 13ch; }
td small { display: block; color: var(--muted); font-size: 13px; }
.better { font-weight: 650; }
.adaptive { color: var(--adaptive); } .static { color: var(--static); }
thead th.adaptive, thead th.static { font-weight: 650; }
.incidents { margin: 16px 0 0; padding: 0; list-style: none; columns: 2; column-gap: 32px; font-size: 14px; }
.incidents li { break-inside: avoid; padding: 3px 0 3px 32px; position: relative; }
.incidents b {
  position: absolute; left: 0; top: 4px; width: 20px; height: 20px; border: 1px solid var(--muted); border-radius: 50%;
  font-weight: 400; font-size: 12px; line-height: 18px; text-align: center;
}
.incidents time { color: var(--muted); margin-right: 6px; font-variant-numeric: tabular-nums; }
.meter { height: 14px; border-radius: 7px; background: var(--grid); overflow: hidden; margin: 4px 0 14px; }
.meter span { display: block; height: 100%; background: var(--muted); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 8px 28px; margin: 0 0 20px; }
h2 + dl { margin-top: 16px; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
code { font: 14px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { background: var(--page); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; overflow-x: auto; margin: 0 0 20px; }
@media screen and (max-width: 760px) {
  main { padding: 32px 16px 48px; } section { padding: 22px 18px; } h1 { font-size: 24px; }
  .tiles { grid-template-columns: repeat(2, 1fr); } .pair { grid-template-columns: minmax(0, 1fr); }
  .wide .plot { min-width: 640px; } th, td { padding-left: 14px; } tbody th { white-space: normal; } table { font-size: 14px; }
  .incidents { columns: 1; } dl { grid-template-columns: 1fr; gap: 2px; } dd { margin-bottom: 10px; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --surface: #ffffff; --text: #000000; --muted: #4a545f; --line: #cfd5db; --grid: #e3e7eb;
    --adaptive: #0b6cae; --static: #c4540c;
    --arm-1: #117733; --arm-2: #7cc3e6; --arm-3: #882255; --arm-4: #d9c35f; --arm-5: #a454a0; --arm-rest: #b9c0c8;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 12px; } main { padding: 0; max-width: none; } h1 { font-size: 22px; } table { font-size: 11px; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 16px 0; margin-top: 12px; }
  h2, section > p, .meter, caption { break-after: avoid; } figure, p, tr, .tiles { break-inside: avoid; }
  .chart, .scroll, pre { overflow: visible; }
  pre { white-space: pre-wrap; }
}
`
