import { createHash } from 'node:crypto'
import { show } from '../core/check.ts'
import { messageOf } from '../core/errors.ts'
import { canonicalJson } from './canonical-json.ts'
import { MACHINE_FEATURES, PHYSICS_FEATURES } from './features.ts'
import { float32ToText } from './float32-text.ts'
import {
  type Calibration,
  type GpuEffect,
  type IntervalOffsets,
  MODEL_FORMAT,
  MODEL_VERSION,
  type ModelContent,
  type ModelDocument,
  refuseModel
} from './model-document.ts'
import { CORRECTIONS } from './physics.ts'
import { type NetworkText, readWeights } from './read-weights.ts'

/** What stands in the file. */
interface ModelFile {
  readonly format: typeof MODEL_FORMAT
  readonly version: typeof MODEL_VERSION
  readonly features: { readonly machine: readonly string[]; readonly physics: readonly string[] }
  readonly corrections: readonly string[]
  readonly network: NetworkText
  readonly calibration: Calibration
  readonly knownGpus: readonly string[]
  readonly gpuEffects: Readonly<Record<string, GpuEffect>>
  readonly card: Readonly<Record<string, unknown>>
  readonly sha256: string
}

/** A model takes some kilobytes; a file of more characters is none. */
const LONGEST_FILE = 1 << 26

function hashOf(content: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}

/**
 * A model as the text of a file, which {@link readModelDocument} gives back as it was. Weights are base64 of little-endian single
 * precision.
 * @throws ERR_MODEL for weights of other lengths than the features have, and for numbers that are not finite
 */
export function writeModelDocument({ weights, calibration, knownGpus, gpuEffects, card }: ModelContent): string {
  const { hidden, w1, b1, w2, b2 } = weights
  const content: Omit<ModelFile, 'sha256'> = {
    format: MODEL_FORMAT,
    version: MODEL_VERSION,
    features: { machine: MACHINE_FEATURES, physics: PHYSICS_FEATURES },
    corrections: CORRECTIONS,
    network: { hidden, w1: float32ToText(w1), b1: float32ToText(b1), w2: float32ToText(w2), b2: float32ToText(b2) },
    calibration,
    knownGpus,
    gpuEffects,
    card
  }
  // A card may hold what JSON has not, such as undefined: the hash is of what will be read.
  const written = JSON.parse(JSON.stringify(content)) as Record<string, unknown>
  const text = `${JSON.stringify({ ...written, sha256: hashOf(written) }, null, 2)}\n`
  readModelDocument(text)
  return text
}

/** @throws ERR_MODEL naming the first defect */
export function readModelDocument(text: string): ModelDocument {
  if (text.length > LONGEST_FILE) refuseModel(`got ${text.length} characters, expected at most ${LONGEST_FILE}`)
  const file = checkIdentity(parse(text))
  checkNames('features.machine', file.features?.machine, MACHINE_FEATURES)
  checkNames('features.physics', file.features?.physics, PHYSICS_FEATURES)
  checkNames('corrections', file.corrections, CORRECTIONS)
  const { sha256, ...content } = file
  const expected = hashOf(content)
  if (sha256 !== expected) refuseModel(`the content does not match its sha256: got ${show(sha256)}, expected "${expected}"`)
  return {
    weights: readWeights(file.network),
    calibration: readCalibration(file.calibration),
    knownGpus: readKnownGpus(file.knownGpus),
    gpuEffects: readGpuEffects(file.gpuEffects),
    card: isObject(file.card) ? file.card : refuseModel(`card must be an object, got ${show(file.card)}`),
    sha256
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return refuseModel(`not JSON: ${messageOf(error)}`, error)
  }
}

/** The first two fields, before anything else of the file is believed. */
function checkIdentity(file: unknown): Partial<ModelFile> {
  if (!isObject(file)) return refuseModel('expected an object of JSON')
  if (file.format !== MODEL_FORMAT) refuseModel(`format must be "${MODEL_FORMAT}", got ${show(file.format)}`)
  if (file.version !== MODEL_VERSION) refuseModel(`got v${String(file.version)}, expected v${MODEL_VERSION}`)
  return file
}

/** A model only fits the features that it was trained on, in their order. */
function checkNames(list: string, got: unknown, expected: readonly string[]): void {
  if (!Array.isArray(got)) return refuseModel(`${list} must be a list, got ${show(got)}`)
  const names: readonly unknown[] = got
  const length = Math.max(names.length, expected.length)
  for (let i = 0; i < length; i++) {
    if (names[i] === expected[i]) continue
    refuseModel(`${list} differ at place ${i + 1}: got ${nameAt(names, i)}, expected ${nameAt(expected, i)}`)
  }
}

function nameAt(list: readonly unknown[], i: number): string {
  return i < list.length ? show(list[i]) : 'the end of the list'
}

/** Two finite numbers, one for each figure. */
function areOffsets(value: unknown): value is IntervalOffsets & GpuEffect {
  const { speed, firstToken } = (value ?? {}) as Partial<IntervalOffsets>
  return Number.isFinite(speed) && Number.isFinite(firstToken)
}

function readCalibration(value: unknown): Calibration {
  const { familiar, unfamiliar } = (value ?? {}) as Partial<Calibration>
  if (areOffsets(familiar) && areOffsets(unfamiliar)) return { familiar, unfamiliar }
  const wanted = 'calibration must hold finite numbers for speed and firstToken, familiar and unfamiliar'
  return refuseModel(`${wanted}, got ${show(value)}`)
}

function readKnownGpus(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value
  return refuseModel('knownGpus must be a list of names')
}

function readGpuEffects(value: unknown): ModelContent['gpuEffects'] {
  if (isObject(value) && Object.values(value).every(areOffsets)) return value as ModelContent['gpuEffects']
  return refuseModel('gpuEffects must hold finite numbers for speed and firstToken of each GPU')
}
