/** Takes so many bytes of a stream. */
type Take = (count: number) => Promise<Uint8Array>

/** How the length of a message is written. */
export interface LengthPrefix {
  /** Reads it, given its first byte. @returns undefined where it does not end */
  read(first: number, take: Take, tooLong: (length: number) => void): Promise<number | undefined>
  /** Most bytes of it. */
  readonly maxBytes: number
  encode(message: Uint8Array): Uint8Array
}

function prefixed(prefix: Uint8Array, message: Uint8Array): Uint8Array {
  const all = new Uint8Array(prefix.length + message.length)
  all.set(prefix)
  all.set(message, prefix.length)
  return all
}

/** An unsigned varint of up to 32 bits, as libp2p's own protocols have it. */
export const VARINT_LENGTH: LengthPrefix = {
  maxBytes: 5,
  async read(first, take, tooLong) {
    let byte = first
    let length = 0
    for (let i = 0; i < VARINT_LENGTH.maxBytes; i++) {
      if (i > 0) [byte = 0] = await take(1)
      length += (byte & 0x7f) * 2 ** (7 * i)
      tooLong(length)
      if (byte < 0x80) return length
    }
    return undefined
  },
  encode(message) {
    const prefix: number[] = []
    let rest = message.length
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) prefix.push((rest % 0x80) | 0x80)
    return prefixed(Uint8Array.from([...prefix, rest]), message)
  }
}

/** Four bytes, the highest first. */
export const UINT32_LENGTH: LengthPrefix = {
  maxBytes: 4,
  async read(first, take, tooLong) {
    const rest = await take(3)
    const length = ((first << 24) | (rest[0] << 16) | (rest[1] << 8) | rest[2]) >>> 0
    tooLong(length)
    return length
  },
  encode(message) {
    const prefix = new Uint8Array(4)
    new DataView(prefix.buffer).setUint32(0, message.length)
    return prefixed(prefix, message)
  }
}
