import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { identity } from 'multiformats/hashes/identity'

/** One request and one response. @see https://github.com/crowdllama/crowdllama pkg/crowdllama/types.go */
export const CROWDLLAMA_INFERENCE = '/crowdllama/inference/1.0.0'
/** The requester says nothing; the responder writes one JSON object and closes. */
export const CROWDLLAMA_METADATA = '/crowdllama/metadata/1.0.0'
/** The DHT of a CrowdLlama network has the name of the public one of IPFS. */
export const CROWDLLAMA_DHT = '/ipfs/kad/1.0.0'

/** Most bytes of a message that CrowdLlama's nodes read. */
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024

/** Where all nodes of a network meet in its DHT, workers and consumers: the identity hash of `crowdllama-ns`. */
export const RENDEZVOUS = CID.createV1(raw.code, identity.digest(new TextEncoder().encode('crowdllama-ns')))

/** How CrowdLlama's workers begin what they say of a failure. */
export const ERROR_PREFIX = 'Error: '
/** Our own workers say with it, where others say why an answer ended, that they are full. */
export const OVERLOADED = 'overloaded'
