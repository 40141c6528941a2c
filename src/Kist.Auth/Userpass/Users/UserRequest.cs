using System.ComponentModel;

namespace Kist.Auth.Userpass.Users;

internal sealed record UserRequest
{
    [Description("Name of the user.")]
    public required string Username { get; init; }
}
