using System.Text.Json.Serialization;
using Kist.Auth.Userpass.Users;
using Kist.Core.Routing.Fields;

namespace Kist.Auth.Userpass;

/// <summary>The wire's JSON.</summary>
[JsonSerializable(typeof(ListUsersRequest))]
[JsonSerializable(typeof(UserNames))]
[JsonSerializable(typeof(UserRequest))]
[JsonSerializable(typeof(UserResponse))]
[JsonSerializable(typeof(WriteUserRequest))]
[JsonSerializable(typeof(ChangePasswordRequest))]
[JsonSerializable(typeof(ChangePoliciesRequest))]
[JsonSerializable(typeof(LogInRequest))]
internal sealed partial class UserpassJson : JsonSerializerContext
{
    /// <summary>With the accepted forms of fields.</summary>
    public static UserpassJson Create() => new(FieldJson.Options());
}
