import { pcg32 } from '../../src/core/rng.ts'
import { normal } from '../../src/math/draw.ts'
import { MACHINE_WIDTH } from '../../src/throughput/features.ts'
import type { ModelContent } from '../../src/throughput/model-document.ts'
import type { NetworkWeights } from '../../src/throughput/network.ts'
import { CORRECTION_COUNT } from '../../src/throughput/physics.ts'

/** Weights as large as those of trained networks, or `scale` times that. */
export function sampleWeights(seed: number, { hidden = 32, scale = 1 } = {}): NetworkWeights {
  const rng = pcg32(seed)
  const draws = (count: number, deviation: number) => Float32Array.from({ length: count }, () => scale * deviation * normal(rng))
  return {
    hidden,
    w1: draws(MACHINE_WIDTH * hidden, 0.4),
    b1: draws(hidden, 0.5),
    w2: draws(hidden * CORRECTION_COUNT, 0.15),
    b2: draws(CORRECTION_COUNT, 0.2)
  }
}

export function sampleModel(seed = 1, overrides: Partial<ModelContent> = {}): ModelContent {
  return {
    weights: sampleWeights(seed),
    calibration: { familiar: { speed: 0.05, firstToken: -0.03 }, unfamiliar: { speed: 0.2, firstToken: 0.1 } },
    gpuEffects: {},
    knownGpus: ['GeForce RTX 4090', 'Apple M2 Ultra (76-core GPU)'],
    card: { created: '2026-01-01', data: [{ name: 'localscore', sha256: 'ab', licence: 'MIT' }], metrics: { medape: 0.11 } },
    ...overrides
  }
}
