import type { Contestant } from './contestant.ts'
import { LITELLM } from './litellm.ts'
import { PEERBANDIT } from './peerbandit.ts'
import { PORTKEY } from './portkey.ts'

/** No gateway at all: what the others are held against. */
export const DIRECT = 'direct'

/** Ours first. */
export const GATEWAYS: readonly Contestant[] = [PEERBANDIT, PORTKEY, LITELLM]
