import { fittedDocument } from './evaluation/document-model.ts'
import type { ThroughputModel } from './evaluation/model.ts'
import { NEURAL_NAME } from './neural-model.ts'
import type { Backend } from './running-backend.ts'
import { fitThroughput, type ThroughputFitOptions } from './throughput-fit.ts'

/** Of a model that is judged and thrown away. */
const NO_ORIGIN = { created: '', data: [], heldBack: 0 }

/** What `train` makes of rows, with the intervals that it would serve with. */
export function trainedModel(backend: Backend, { judge, ...options }: Omit<ThroughputFitOptions, 'beside'>): ThroughputModel {
  return {
    name: NEURAL_NAME,
    async fit(rows) {
      // The source that usually judges may be the one that is held back.
      const judges = judge !== undefined && rows.some(({ source }) => source === judge) ? { judge } : {}
      const { content } = await fitThroughput(rows, backend, NO_ORIGIN, { ...options, ...judges, beside: [] })
      return fittedDocument({ ...content, sha256: '' })
    }
  }
}
