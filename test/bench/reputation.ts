// npm run bench:reputation: what shared reputation is worth, and what liars can do; writes the figures of docs/reputation.md.
// --seeds 12 for more or fewer; --print to leave the page alone.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { LIES } from './reputation/liars.ts'
import { HONEST_CASES, lyingCases, measureColdStart, measureJobs, measureRanking, measureSwarm } from './reputation/measure.ts'
import { figuresOf, replaceFigures } from './reputation/page.ts'

const PAGE = new URL('../../docs/reputation.md', import.meta.url)

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '12' }, print: { type: 'boolean', default: false } }
})
const seeds = Number(values.seeds)
const cases = [...HONEST_CASES, ...lyingCases(LIES)]

const figures = figuresOf({
  seeds,
  ranking: await measureRanking(cases, seeds),
  jobs: await measureJobs(cases, seeds),
  coldStart: await measureColdStart(cases, seeds),
  oneGroup: measureSwarm(1_000, seeds, () => 'one group'),
  everywhere: measureSwarm(1_000, seeds, (i) => `group ${i}`)
})
process.stdout.write(figures)
if (!values.print) await writeFile(PAGE, replaceFigures(await readFile(PAGE, 'utf8'), figures))
