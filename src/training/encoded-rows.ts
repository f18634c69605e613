import { checkPositive } from '../core/check.ts'
import { PeerbanditError, messageOf } from '../core/errors.ts'
import { MACHINE_WIDTH, PHYSICS_WIDTH, encodeMachine, encodePhysics } from '../throughput/features.ts'
import { type Load, loadOf } from '../throughput/load.ts'
import { machineOf } from '../throughput/machine.ts'
import type { MeasuredRow } from '../throughput/measured-row.ts'
import { checkQuery } from '../throughput/query.ts'

/** Measured rows as the trainer takes them: columns of typed arrays, one entry or one row of features a measured row. */
export interface EncodedRows {
  readonly count: number
  /** count × MACHINE_WIDTH. */
  readonly machines: Float32Array
  /** count × PHYSICS_WIDTH. */
  readonly physics: Float32Array
  /** The same, as if nothing were known of how the model is quantised. */
  readonly physicsWithoutBits: Float32Array
  /** The same, as if nothing were known of the model. */
  readonly physicsWithoutModel: Float32Array
  /** ln of tokens/s of one request; NaN where it was not measured. */
  readonly lnSpeed: Float32Array
  /** ln of seconds to the first token; NaN where it was not measured. */
  readonly lnFirstToken: Float32Array
  /** How much each row counts, > 0. */
  readonly weights: Float32Array
}

function emptyRows(count: number): EncodedRows {
  const column = () => new Float32Array(count)
  const physics = () => new Float32Array(count * PHYSICS_WIDTH)
  return {
    count,
    machines: new Float32Array(count * MACHINE_WIDTH),
    physics: physics(),
    physicsWithoutBits: physics(),
    physicsWithoutModel: physics(),
    lnSpeed: column(),
    lnFirstToken: column(),
    weights: column()
  }
}

/** The job with a model of which nothing is said. */
function withoutModel({ query }: MeasuredRow): Load {
  return loadOf({ ...query, model: undefined, quant: undefined, paramsB: undefined })
}

/** The job with its model at the bits that are assumed of one whose name does not say. */
function withoutBits(load: Load, assumed: Load): Load {
  const scale = assumed.activeBytes / assumed.activeParams / (load.activeBytes / load.activeParams)
  return { ...load, bytes: load.bytes * scale, activeBytes: load.activeBytes * scale, bitsAssumed: true }
}

function check({ query, tokensPerSecond, firstTokenMs, weight }: MeasuredRow): void {
  checkQuery(query)
  if (tokensPerSecond !== undefined) checkPositive('tokensPerSecond', tokensPerSecond)
  if (firstTokenMs !== undefined) checkPositive('firstTokenMs', firstTokenMs)
  checkPositive('weight', weight)
  if (tokensPerSecond !== undefined || firstTokenMs !== undefined) return
  throw new PeerbanditError('ERR_INVALID_OPTION', 'tokensPerSecond or firstTokenMs must be measured, got neither')
}

function checkRow(row: MeasuredRow, index: number): void {
  try {
    check(row)
  } catch (error) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `row ${index + 1} (${row.source}): ${messageOf(error)}`, { cause: error })
  }
}

function encodeRow(row: MeasuredRow, index: number, into: EncodedRows): void {
  const machine = machineOf(row.query)
  const load = loadOf(row.query)
  const assumed = withoutModel(row)
  const at = index * PHYSICS_WIDTH
  encodeMachine(machine, load, into.machines, index * MACHINE_WIDTH)
  encodePhysics(machine, load, into.physics, at)
  encodePhysics(machine, withoutBits(load, assumed), into.physicsWithoutBits, at)
  encodePhysics(machine, assumed, into.physicsWithoutModel, at)
  into.lnSpeed[index] = Math.log(row.tokensPerSecond ?? NaN)
  into.lnFirstToken[index] = Math.log((row.firstTokenMs ?? NaN) / 1_000)
  into.weights[index] = row.weight
}

/** @throws ERR_INVALID_OPTION naming the row, from 1, and what is wrong with it */
export function encodeRows(rows: readonly MeasuredRow[]): EncodedRows {
  const encoded = emptyRows(rows.length)
  rows.forEach((row, index) => {
    checkRow(row, index)
    encodeRow(row, index, encoded)
  })
  return encoded
}

/** Some of the rows, in this order, e.g. those of a fold. */
export function selectRows(rows: EncodedRows, indices: readonly number[]): EncodedRows {
  const pick = (column: Float32Array) => {
    const width = rows.count === 0 ? 0 : column.length / rows.count
    const picked = new Float32Array(indices.length * width)
    indices.forEach((from, to) => {
      picked.set(column.subarray(from * width, (from + 1) * width), to * width)
    })
    return picked
  }
  return {
    count: indices.length,
    machines: pick(rows.machines),
    physics: pick(rows.physics),
    physicsWithoutBits: pick(rows.physicsWithoutBits),
    physicsWithoutModel: pick(rows.physicsWithoutModel),
    lnSpeed: pick(rows.lnSpeed),
    lnFirstToken: pick(rows.lnFirstToken),
    weights: pick(rows.weights)
  }
}
