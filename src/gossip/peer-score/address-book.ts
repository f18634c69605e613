import { BlockList, isIP } from 'node:net'
import { PeerbanditError } from '../../core/errors.ts'
import type { ScoreRules } from './score-rules.ts'

const NONE: ReadonlySet<string> = new Set()

/** The /64 of an IPv6 address in full, e.g. `2001:db8:0:1::/64`. */
function subnetOf(ipv6: string): string {
  const [head, tail] = ipv6.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right]
  const network = groups.slice(0, 4).map((group) => (parseInt(group, 16) || 0).toString(16))
  return `${network.join(':')}::/64`
}

/** @throws ERR_INVALID_OPTION for what is no network */
function networksOf(whitelist: ReadonlySet<string>): BlockList {
  const networks = new BlockList()
  for (const entry of whitelist) {
    const [address, bits] = entry.split('/')
    if (bits === undefined) continue
    const family = isIP(address)
    const prefix = Number(bits)
    if (family === 0 || !(Number.isInteger(prefix) && prefix >= 0 && prefix <= (family === 4 ? 32 : 128))) {
      const wanted = 'IPColocationFactorWhitelist must hold addresses and networks such as 10.0.0.0/8'
      throw new PeerbanditError('ERR_INVALID_OPTION', `${wanted}, got ${JSON.stringify(entry)}`)
    }
    networks.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  }
  return networks
}

/** Which peers are at which address, for P6. */
export class AddressBook {
  readonly #peers = new Map<string, Set<string>>()
  readonly #rules: ScoreRules
  readonly #whitelist: ReadonlySet<string>
  readonly #networks: BlockList

  /** @throws ERR_INVALID_OPTION for a whitelist with what is neither address nor network, where networks are allowed */
  constructor(whitelist: ReadonlySet<string>, rules: ScoreRules) {
    this.#rules = rules
    this.#whitelist = whitelist
    this.#networks = networksOf(rules.whitelist === 'networks' ? whitelist : NONE)
  }

  /** What an address counts as. */
  placesOf(ip: string): readonly string[] {
    return this.#rules.ipv6 === 'with-subnet' && isIP(ip) === 6 ? [ip, subnetOf(ip)] : [ip]
  }

  /** @param places the peer's own list, which this goes into too */
  add(place: string, peer: string, places: Set<string>): void {
    places.add(place)
    const there = this.#peers.get(place)
    if (there === undefined) this.#peers.set(place, new Set([peer]))
    else there.add(peer)
  }

  /** @param places the peer's own list, which this goes out of too */
  remove(place: string, peer: string, places: Set<string>): void {
    places.delete(place)
    const there = this.#peers.get(place)
    there?.delete(peer)
    if (there?.size === 0) this.#peers.delete(place)
  }

  /** How many peers are at each of these places; whitelisted ones left out. */
  counts(places: Iterable<string>): readonly number[] {
    return [...places].filter((place) => !this.#isFree(place)).map((place) => this.#peers.get(place)?.size ?? 0)
  }

  #isFree(place: string): boolean {
    if (this.#whitelist.has(place)) return true
    const family = isIP(place)
    return family !== 0 && this.#networks.check(place, family === 4 ? 'ipv4' : 'ipv6')
  }
}
