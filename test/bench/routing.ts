// npm run bench:routing: every contestant in every scenario.
import { bench } from './routing/bench.ts'
import { EVERYBODY } from './routing/options.ts'

await bench({
  name: 'routing',
  title: 'Head-to-head of routing policies',
  ours: 'thompson',
  policies: EVERYBODY.filter(({ kind }) => kind !== 'ablation').map(({ id }) => id)
})
