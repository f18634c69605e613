import { checkText } from '../core/check.ts'
import type { WorkloadClass } from '../job/job.ts'
import { checkSnapshot, refuseSnapshot, type SnapshotIdentity } from './policy-snapshot.ts'
import type { PolicySnapshot } from './policy.ts'

/** Makes, writes and reads what one router learned about one workload class. */
export interface SlotCodec<S> {
  empty(): S
  /** To plain, JSON-safe data. */
  encode(state: S): unknown
  /** @throws ERR_SNAPSHOT */
  decode(data: unknown): S
}

interface Slot<S> {
  /** Credits that this router has learned from: it only grows, so the larger one is the newer one. */
  version: number
  readonly classes: Map<WorkloadClass, S>
}

interface PlainSlot {
  readonly router: string
  readonly version: number
  readonly classes: readonly (readonly [WorkloadClass, unknown])[]
}

/**
 * What each router learned, one slot a router. Only the router itself writes to its slot, and of two versions of a slot the
 * newer one wins, so that snapshots may be merged in any order and more than once (a state-based CRDT).
 *
 * A router that starts again merges its own last snapshot first and goes on from there.
 */
export class RouterSlots<S> {
  readonly #identity: SnapshotIdentity
  readonly #routerId: string
  readonly #codec: SlotCodec<S>
  #slots = new Map<string, Slot<S>>()
  #revision = 0

  constructor(identity: SnapshotIdentity, routerId: string, codec: SlotCodec<S>) {
    this.#identity = identity
    this.#routerId = checkText('routerId', routerId)
    this.#codec = codec
  }

  /** Changes with every change of any slot. */
  get revision(): number {
    return this.#revision
  }

  /** This router's own state for one more credit. */
  learn(workloadClass: WorkloadClass): S {
    const slot = this.#slots.get(this.#routerId) ?? { version: 0, classes: new Map<WorkloadClass, S>() }
    this.#slots.set(this.#routerId, slot)
    slot.version += 1
    this.#revision += 1
    const state = slot.classes.get(workloadClass) ?? this.#codec.empty()
    slot.classes.set(workloadClass, state)
    return state
  }

  /** What every router knows of a class. */
  states(workloadClass: WorkloadClass): S[] {
    const states: S[] = []
    for (const { classes } of this.#slots.values()) {
      const state = classes.get(workloadClass)
      if (state !== undefined) states.push(state)
    }
    return states
  }

  /** What every router knows of all other classes. */
  otherStates(workloadClass: WorkloadClass): S[] {
    const states: S[] = []
    for (const { classes } of this.#slots.values()) {
      for (const [name, state] of classes) if (name !== workloadClass) states.push(state)
    }
    return states
  }

  snapshot(): PolicySnapshot {
    const { policy, version, arms } = this.#identity
    const slots = Array.from(this.#slots, ([router, slot]): PlainSlot => ({
      router,
      version: slot.version,
      classes: Array.from(slot.classes, ([name, state]) => [name, this.#codec.encode(state)] as const)
    }))
    return { policy, version, state: { arms: [...arms], slots } }
  }

  /** @throws ERR_SNAPSHOT; then nothing has changed */
  merge(snapshot: PolicySnapshot): void {
    const state = checkSnapshot(snapshot, this.#identity) as { readonly slots?: unknown }
    if (!Array.isArray(state.slots)) refuseSnapshot(this.#identity.policy, 'it has no slots')
    const merged = new Map(this.#slots)
    for (const plain of state.slots as unknown[]) {
      const { router, version, classes } = this.#checkSlot(plain)
      if (version <= (merged.get(router)?.version ?? 0)) continue
      merged.set(router, { version, classes: new Map(classes.map(([name, data]) => [name, this.#codec.decode(data)])) })
    }
    // In order of name, so that sums come out the same to the last bit whatever was merged first.
    this.#slots = new Map([...merged].sort(([a], [b]) => (a < b ? -1 : 1)))
    this.#revision += 1
  }

  #checkSlot(plain: unknown): PlainSlot {
    const slot = plain as Partial<PlainSlot> | null
    const named = (entry: unknown) => Array.isArray(entry) && typeof entry[0] === 'string'
    if (
      typeof slot?.router !== 'string' ||
      !Number.isSafeInteger(slot.version) ||
      !Array.isArray(slot.classes) ||
      !slot.classes.every(named)
    ) {
      refuseSnapshot(this.#identity.policy, 'a slot must have a router, a version and classes')
    }
    return slot as PlainSlot
  }
}
