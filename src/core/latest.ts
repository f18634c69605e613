/**
 * Puts an entry at the end of a map, where the latest are; of more than `most` the first goes. So a map stays bounded whose keys anybody can
 * make up.
 * @param most ≥ 1
 */
export function setLatest<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key)
  map.set(key, value)
  const [first] = map.keys()
  if (map.size > most) map.delete(first)
}
