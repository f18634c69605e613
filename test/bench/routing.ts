// npm run bench:routing: every rival, arm and bound in every scenario.
import { bench } from './routing/bench.ts'
import { EVERYBODY } from '../../src/simulation/hindsight.ts'

const OURS = 'thompson'

await bench({
  name: 'routing',
  title: 'Head-to-head of routing policies',
  ours: OURS,
  policies: EVERYBODY.filter(({ kind, id }) => kind !== 'ablation' && (kind !== 'policy' || id === OURS)).map(({ id }) => id)
})
