import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { StatusReplySchema } from '../../../src/network/generated/peerbandit_pb.ts'
import { claimsFromWire, loadFromWire } from '../../../src/network/wire.ts'
import { MAX_FIGURE } from '../../../src/peer/observation.ts'
import { peerTable } from '../../../src/peer/peer-table.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { anyFigure, reportedLoad } from '../messages.ts'
import { hostile } from '../mutate.ts'
import { decodedMessage } from '../protobuf.ts'
import { valueOrRefusal } from '../verdict.ts'

const claims = fc.record({
  models: fc.array(fc.string(), { maxLength: 4 }),
  tokensPerSecond: anyFigure,
  gpuModel: fc.string(),
  vramGb: anyFigure,
  loadRatio: anyFigure
})

const reply = fc
  .record({ load: fc.option(reportedLoad, { nil: undefined }), claims: fc.option(claims, { nil: undefined }) })
  .map((fields) => toBinary(StatusReplySchema, create(StatusReplySchema, fields)))

const inRange = (value: number) => value >= 0 && value <= MAX_FIGURE

/** What comes through goes on into the peer table, which must take all of it. */
export const target: FuzzTarget = {
  name: 'status wire',
  input: hostile(reply),
  check(input: Uint8Array) {
    const message = decodedMessage(StatusReplySchema, input)
    const table = peerTable({ capacity: 1 })
    const { load: sentLoad, claims: sentClaims } = message ?? {}
    const load = sentLoad && valueOrRefusal(() => loadFromWire(sentLoad))
    if (load !== undefined) {
      if (!inRange(load.tokensPerSecond)) throw new Error(`took ${load.tokensPerSecond} tokens a second`)
      table.observe('peer', { kind: 'load', load }, 0)
    }
    const claims = sentClaims && valueOrRefusal(() => claimsFromWire(sentClaims))
    if (claims !== undefined) {
      if (![claims.tokensPerSecond, claims.vramGb, claims.loadRatio].every(inRange))
        throw new Error('took a figure that cannot be')
      table.observe('peer', { kind: 'claims', claims }, 0)
    }
  }
}
