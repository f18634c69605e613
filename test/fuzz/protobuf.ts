import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf'
import { tally } from './verdict.ts'

/** The message that bytes hold, or undefined for bytes that the framing refuses before any of our codecs sees them. */
export function decodedMessage<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> | undefined {
  try {
    return fromBinary(schema, bytes)
  } catch {
    tally.refusals += 1
    return undefined
  }
}
