import fc from 'fast-check'

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
/** Figures as peers should send them, and all that a double can be. */
export const anyFigure = fc.oneof(fc.double(), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constantFrom(0, 1, 1e12, 1e13))

const rightFigure = fc.double({ min: 0, max: 1e6, noNaN: true })
const ratio = fc.double({ min: 0, max: 1, noNaN: true })

/** A load report as a peer may send it, right or not. */
export const reportedLoad = fc.oneof(
  fc.record({
    slots: uint32,
    running: uint32,
    queued: uint32,
    tokensPerSecond: anyFigure,
    cpuRatio: fc.option(anyFigure, { nil: undefined })
  }),
  fc.record({
    slots: fc.integer({ min: 1, max: 1000 }),
    running: uint32,
    queued: uint32,
    tokensPerSecond: rightFigure,
    cpuRatio: fc.option(ratio, { nil: undefined })
  })
)
