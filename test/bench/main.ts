// npm run bench: everything that has a speed, as ratios within this one run.
import { DECISION_CONSTANTS, runDecisionBench } from './decision.ts'
import { JOURNAL_CONSTANTS, runJournalBench } from './journal.ts'
import { RANKING_CONSTANTS, runRankingBench } from './ranking.ts'
import { section, table } from './table.ts'

const { rows, bytesPerPeer } = runRankingBench()
const argmaxUs = new Map(rows.map((row) => [row.candidates, row.argmaxUs]))
section(
  'Ranking by all eight algorithms, first choice of each (argmax: one pass over a bare Float64Array of that length)',
  RANKING_CONSTANTS,
  table(
    ['candidates', 'changed between', 'p50 µs', 'mean µs', 'bare argmax µs', '× 8 bare argmax'],
    rows.map((row) => [
      row.candidates,
      row.changed,
      row.p50Us.toFixed(1),
      row.meanUs.toFixed(1),
      row.argmaxUs.toFixed(3),
      row.ratioToArgmax.toFixed(1)
    ])
  )
)
process.stdout.write(`\nMemory per known peer at ${RANKING_CONSTANTS.memoryPeers} peers: ${Math.round(bytesPerPeer)} bytes\n`)

section(
  'A whole decision (filter, rank by ten arms, propensities, draw, record, lease), and learning from its outcome',
  DECISION_CONSTANTS,
  table(
    ['candidates', 'acquire p50 µs', 'acquire mean µs', '× bare argmax', 'learn p50 µs'],
    (await runDecisionBench()).map((row) => [
      row.candidates,
      row.p50Us.toFixed(1),
      row.meanUs.toFixed(1),
      (row.p50Us / (argmaxUs.get(row.candidates) ?? NaN)).toFixed(0),
      row.learnUs.toFixed(1)
    ])
  )
)

section(
  'Journal: outcomes a second, beside LevelDB alone with the same bytes in the same batches',
  JOURNAL_CONSTANTS,
  table(
    ['durability', 'outcomes/s', 'LevelDB alone', 'ratio'],
    (await runJournalBench()).map((row) => [
      row.durability,
      Math.round(row.outcomesPerSecond),
      Math.round(row.rawOutcomesPerSecond),
      row.ratio.toFixed(2)
    ])
  )
)
