using Kist.Auth.Userpass.Passwords;
using Kist.Auth.Userpass.Users;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Auth.Userpass;

/// <summary>The routes of the method.</summary>
internal static class UserpassRoutes
{
    public static RouteTable Build(TimeProvider clock, PasswordCost cost, Lockouts lockouts)
    {
        const string user = "users/{username}";
        var racing = new Racing(clock);
        // Two queues: a flood of strangers' logins does not keep operators from changing passwords.
        var (strangers, operators) = (new PasswordHasher(cost), new PasswordHasher(cost));
        var map = new RouteMap(UserpassJson.Create());
        map.List<ListUsersRequest, UserNames>("users", ListUsers.HandleAsync, "Lists the names of the users.");
        map.Write<WriteUserRequest, Nothing>(user, new WriteUser(racing, operators).HandleAsync, "Makes a user, or changes what is given of one.")
            .CreatesUnless(WriteUser.ExistsAsync);
        map.Read<UserRequest, UserResponse>(user, ReadUser.HandleAsync, "Reads what the tokens of a user may be.");
        map.Delete<UserRequest, Nothing>(user, DeleteUser.HandleAsync, "Deletes a user.");
        map.Write<ChangePasswordRequest, Nothing>(
            user + "/password", new ChangePassword(racing, operators).HandleAsync, "Changes the password of a user, who is then no longer locked out.");
        map.Write<ChangePoliciesRequest, Nothing>(user + "/policies", new ChangePolicies(racing).HandleAsync, "Changes the policies of a user.");
        map.Write<LogInRequest, Login>("login/{username}", new LogIn(racing, strangers, lockouts).HandleAsync, "Logs a user in.").AllowUnauthenticated();
        return map.Build();
    }
}
