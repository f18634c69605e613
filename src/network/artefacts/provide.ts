import { provideContents, type ProvideOptions } from '../discovery.ts'
import type { NetworkNode } from '../node.ts'
import type { Serving } from '../serving.ts'
import { artefactCid, type ArtefactId } from './artefact-id.ts'

/** Says in the DHT that this node has artefacts, at once and again on an interval, until it is stopped. @throws ERR_INVALID_OPTION */
export function provideArtefacts(node: NetworkNode, ids: readonly ArtefactId[], options: ProvideOptions = {}): Serving {
  const contents = ids.map((id) => ({ name: id, cid: artefactCid(id) }))
  return provideContents(
    node,
    contents.map(({ name, cid }) => ({ name, cid: () => cid })),
    options
  )
}
