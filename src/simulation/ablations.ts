import { PREDICTIVE } from '../prediction/predictive.ts'
import type { SelectionOptions } from '../selector/selection.ts'

/** The selector with one of its parts taken out, to see what the part is worth. */
export interface Ablation {
  readonly id: string
  readonly title: string
  readonly options: Pick<SelectionOptions, 'policy' | 'prediction' | 'maxExpectedLoss'>
}

export const ABLATIONS: readonly Ablation[] = [
  {
    id: 'without-bandit',
    title: 'The arm that is best on average, always',
    options: { policy: `fixed:${PREDICTIVE}` }
  },
  {
    id: 'without-load-reports',
    title: 'Peers are not asked how busy they are',
    options: { prediction: { reports: false } }
  },
  {
    id: 'without-exploration',
    title: 'Always what looks best: no noise in predictions, no arm that is expected to be worse',
    options: { prediction: { exploration: 0 }, maxExpectedLoss: 0 }
  },
  {
    id: 'without-identity',
    title: 'One pace for all peers: what is learned of one counts for each',
    options: { prediction: { identity: false } }
  }
]
