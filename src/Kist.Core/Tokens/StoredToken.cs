using Kist.Core.Namespaces;

namespace Kist.Core.Tokens;

/// <summary>A token that was looked up.</summary>
/// <param name="Namespace">Where it lives.</param>
/// <param name="Hash">Keyed hash of its id in hex.</param>
/// <param name="Entry">The entry; shared, never changed.</param>
/// <param name="Revision">Revision of the entry; 0 for a batch token.</param>
public readonly record struct StoredToken(NamespaceId Namespace, string Hash, TokenEntry Entry, long Revision);
