// npm run bench:ablation: what each part is worth, by leaving it out.
import { bench } from './routing/bench.ts'
import { ABLATIONS } from '../../src/simulation/ablations.ts'

await bench({ name: 'ablation', title: 'What each part is worth', ours: 'thompson', policies: ABLATIONS.map(({ id }) => id) })
