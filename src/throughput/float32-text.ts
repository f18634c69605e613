const BYTES = 4

/** Numbers as text: base64 of little-endian single precision. */
export function float32ToText(numbers: Float32Array): string {
  const bytes = new Uint8Array(numbers.length * BYTES)
  const view = new DataView(bytes.buffer)
  numbers.forEach((number, i) => {
    view.setFloat32(i * BYTES, number, true)
  })
  return Buffer.from(bytes.buffer).toString('base64')
}

/** The numbers of a text; undefined where it is none of {@link float32ToText}'s. */
export function float32FromText(text: unknown): Float32Array | undefined {
  if (typeof text !== 'string') return undefined
  const bytes = Buffer.from(text, 'base64')
  // Node passes over what is no base64.
  if (bytes.length % BYTES !== 0 || bytes.toString('base64') !== text) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Float32Array.from({ length: bytes.length / BYTES }, (_, i) => view.getFloat32(i * BYTES, true))
}
