namespace Kist.Core.Audit;

/// <summary>
/// The audit shows this property's value, and everything below it, in clear. Only for values that tell nothing secret, such as a version number; without it
/// every string and number is replaced by its HMAC.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AuditPlainAttribute : Attribute;
