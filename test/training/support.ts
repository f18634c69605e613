import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Rng } from '../../src/core/rng.ts'
import { normal } from '../../src/math/draw.ts'
import { MACHINE_WIDTH, PHYSICS_WIDTH, encodeMachine, encodePhysics } from '../../src/throughput/features.ts'
import { loadOf } from '../../src/throughput/load.ts'
import { machineOf } from '../../src/throughput/machine.ts'
import type { MeasuredRow } from '../../src/throughput/measured-row.ts'
import type { NetworkWeights } from '../../src/throughput/network.ts'
import { CORRECTION_COUNT } from '../../src/throughput/physics.ts'
import type { ThroughputQuery } from '../../src/throughput/query.ts'

function pick<T>(rng: Rng, values: readonly T[]): T {
  return values[Math.floor(rng.next() * values.length)]
}

const GPUS = [
  'NVIDIA GeForce RTX 4090',
  'RTX 3060 12GB',
  'RTX 4060 Laptop GPU',
  'A100-SXM4-80GB',
  'Radeon RX 7900 XTX',
  'Apple M2 Max 38-core GPU',
  'a card that nobody knows'
]
const MODELS = ['llama3.2:1b', 'llama3.1:8b-instruct-q4_K_M', 'qwen2.5-14b-awq', 'Qwen3-30B-A3B-Q4_K_M', 'mistral:latest']

/** A query of which any part may be missing. */
function randomQuery(rng: Rng): ThroughputQuery {
  const maybe = <T>(value: T) => (rng.next() < 0.6 ? value : undefined)
  return {
    gpu: maybe(pick(rng, GPUS)),
    vramGb: maybe(pick(rng, [8, 24, 80])),
    gpuCount: maybe(pick(rng, [1, 2, 8])),
    model: maybe(pick(rng, MODELS)),
    promptTokens: maybe(1 + Math.floor(4_000 * rng.next())),
    outputTokens: maybe(1 + Math.floor(1_000 * rng.next())),
    concurrency: maybe(pick(rng, [1, 4, 64])),
    windows: maybe(rng.next() < 0.5),
    server: rng.next() < 0.3
  }
}

/** Random queries as features. */
export function randomRows(count: number, rng: Rng): { machines: Float32Array; physics: Float32Array } {
  const rows = { machines: new Float32Array(count * MACHINE_WIDTH), physics: new Float32Array(count * PHYSICS_WIDTH) }
  for (let i = 0; i < count; i++) {
    const query = randomQuery(rng)
    encodeMachine(machineOf(query), loadOf(query), rows.machines, i * MACHINE_WIDTH)
    encodePhysics(machineOf(query), loadOf(query), rows.physics, i * PHYSICS_WIDTH)
  }
  return rows
}

/** Weights as large as training makes them. */
export function randomWeights(hidden: number, rng: Rng): NetworkWeights {
  const some = (length: number) => Float32Array.from({ length }, () => 0.7 * normal(rng))
  return {
    hidden,
    w1: some(MACHINE_WIDTH * hidden),
    b1: some(hidden),
    w2: some(hidden * CORRECTION_COUNT),
    b2: some(CORRECTION_COUNT)
  }
}

const BANDWIDTH_GBS: Readonly<Record<string, number>> = {
  'NVIDIA GeForce RTX 4090': 1_008,
  'RTX 3060 12GB': 360,
  'Radeon RX 7900 XTX': 960,
  'Apple M2 Max 38-core GPU': 400
}

/** Measurements of machines that read their model with 60 % of their bandwidth, give or take a sixth, and wait 3 ms a token. */
export function measuredRows(count: number, rng: Rng): MeasuredRow[] {
  return Array.from({ length: count }, () => {
    const gpu = pick(rng, Object.keys(BANDWIDTH_GBS))
    const paramsB = pick(rng, [1, 3, 8, 14])
    const secondsPerToken = (paramsB * 4.85) / 8 / (0.6 * BANDWIDTH_GBS[gpu]) + 0.003
    const noise = Math.exp(0.15 * normal(rng))
    return {
      query: { gpu, paramsB, quant: 'Q4_K_M', windows: rng.next() < 0.4 },
      tokensPerSecond: noise / secondsPerToken,
      ...(rng.next() < 0.8 ? { firstTokenMs: (50 + 150 * paramsB) * noise } : {}),
      source: 'made up',
      weight: 1
    }
  })
}

/** Where Debian's chromium-common, other distributions and Chrome have it. */
const SWIFTSHADER = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json'
]

/**
 * Where a process finds a Vulkan driver: the one that VK_DRIVER_FILES names, else SwiftShader, which computes on the CPU and comes
 * with browsers, beside Vulkan's loader. Undefined if there is none.
 */
export function vulkanEnvironment(): NodeJS.ProcessEnv | undefined {
  const { VK_DRIVER_FILES: named = '', LD_LIBRARY_PATH: libraries = '' } = process.env
  if (named !== '') return process.env
  const driver = SWIFTSHADER.find((path) => existsSync(path))
  if (driver === undefined) return undefined
  return { ...process.env, VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: `${dirname(driver)}:${libraries}` }
}

/** Why a WebGPU test does not run here. */
export const NO_DRIVER = 'no Vulkan driver: apt-get install chromium-common brings SwiftShader, or set VK_DRIVER_FILES'
