using Kist.Api.Vault;
using Kist.Core;

namespace Kist.Api.Tests.Vault;

public sealed class VaultErrorsTests
{
    public static TheoryData<FailureKind> Kinds => [.. Enum.GetValues<FailureKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_has_an_error_status(FailureKind kind) => Assert.InRange(VaultErrors.Status(kind), 400, 599);

    [Theory]
    [InlineData(FailureKind.Invalid, 400)]
    [InlineData(FailureKind.Conflict, 400)]
    [InlineData(FailureKind.Unauthenticated, 403)]
    [InlineData(FailureKind.Denied, 403)]
    [InlineData(FailureKind.NotFound, 404)]
    [InlineData(FailureKind.Unsupported, 405)]
    [InlineData(FailureKind.NotYetConsistent, 412)]
    [InlineData(FailureKind.TooLarge, 413)]
    [InlineData(FailureKind.Throttled, 429)]
    [InlineData(FailureKind.Sealed, 503)]
    public void Statuses_are_those_that_clients_know(FailureKind kind, int status) => Assert.Equal(status, VaultErrors.Status(kind));
}
