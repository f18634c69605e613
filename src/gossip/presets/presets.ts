import { checkOneOf } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'
import { lighthousePreset, lodestarPreset } from './lodestar-lighthouse.ts'
import { lotusPreset } from './lotus.ts'
import type { BeaconInputs, ScorePreset } from './preset.ts'
import { prysmPreset } from './prysm.ts'

/** The clients whose manner of choosing parameters is known here. */
export const SCORE_PRESETS = ['lodestar', 'lighthouse', 'prysm', 'lotus'] as const
export type ScorePresetName = (typeof SCORE_PRESETS)[number]

/**
 * Parameters in the manner of a client. Topics have short names, as `beacon_block`: a network's own go in their place.
 * @param inputs for the clients of Ethereum; Lotus takes none
 * @throws ERR_INVALID_OPTION for an unknown name, or an input that is out of range
 */
export function scorePreset(name: ScorePresetName, inputs: BeaconInputs = {}): ScorePreset {
  switch (checkOneOf('preset', name, SCORE_PRESETS)) {
    case 'lodestar':
      return lodestarPreset(inputs)
    case 'lighthouse':
      return lighthousePreset(inputs)
    case 'prysm':
      return prysmPreset(inputs)
    case 'lotus':
      return lotusFrom(inputs)
  }
}

function lotusFrom(inputs: BeaconInputs): ScorePreset {
  const given = Object.entries(inputs).find(([, value]) => value !== undefined)
  if (given !== undefined) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `preset lotus is all constants and takes no ${given[0]}, got ${String(given[1])}`
    )
  }
  return lotusPreset()
}
