import type { Clock } from '../../core/clock.ts'
import type { Rng } from '../../core/rng.ts'
import type { PeerTable } from '../../peer/peer-table.ts'
import type { Ranker } from '../../peer/ranker.ts'

/** What a rival may use: what its router sees, the time, and chance. Nothing of the truth. */
export interface RivalComponents {
  readonly table: PeerTable
  readonly rng: Rng
  readonly clock: Clock
  /** Routers that share the pool, which C3 wants its operator to configure. ≥ 1, @default 1 */
  readonly routers?: number
}

/** A published rule for choosing a peer, restated as a ranker with one arm: its id. */
export interface Rival {
  readonly id: string
  /** The name that its authors use. */
  readonly title: string
  /** Where it comes from: paper with section, or repository with file. */
  readonly source: string
  /** Listens to the table from now on. The ranker expects that its first choice gets the job, as under `fixed:<id>`. */
  create(components: RivalComponents): Ranker
}
