namespace Kist.Core.Policies;

/// <summary>The compiled policies of a token. (Contract; the body follows.)</summary>
public sealed class Acl;
