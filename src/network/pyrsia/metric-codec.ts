import { PeerbanditError } from '../../core/errors.ts'
import { checkNonNegative } from '../../core/check.ts'

/** The length as an unsigned varint, which is one byte that holds 8, and a float64, little-endian. */
export const METRIC_BYTES = 9
const LENGTH = 8

/** @param metric finite, ≥ 0 @throws ERR_INVALID_OPTION */
export function encodeMetric(metric: number): Uint8Array<ArrayBuffer> {
  checkNonNegative('metric', metric)
  const bytes = new Uint8Array(METRIC_BYTES)
  bytes[0] = LENGTH
  new DataView(bytes.buffer).setFloat64(1, metric, true)
  return bytes
}

/**
 * The metric of a response, finite and ≥ 0. Pyrsia takes any number: less than nothing wins there always, and a NaN ends the requester.
 * @throws ERR_PROTOCOL
 */
export function decodeMetric(bytes: Uint8Array): number {
  if (bytes.length !== METRIC_BYTES || bytes[0] !== LENGTH) {
    const found = bytes.length === 0 ? 'nothing' : `${bytes.length} bytes, the first of them ${bytes[0]}`
    throw new PeerbanditError('ERR_PROTOCOL', `a metric must be the byte 8 and 8 more, got ${found}`)
  }
  const metric = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getFloat64(1, true)
  if (!(metric >= 0 && metric < Infinity)) {
    throw new PeerbanditError('ERR_PROTOCOL', `a metric must be a finite number of at least 0, got ${metric}`)
  }
  // The sign of −0 must not outlive it: a sort by 1 / x would tell it from 0.
  return metric + 0
}
