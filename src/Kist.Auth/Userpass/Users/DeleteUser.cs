using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Pipeline;

namespace Kist.Auth.Userpass.Users;

/// <summary><c>DELETE users/name</c>. The tokens that the user holds end at their own time, and can be renewed no more.</summary>
internal static class DeleteUser
{
    public static async ValueTask<Outcome<Nothing>> HandleAsync(UserRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = UserName.Parse(request.Username);
        if (!name.Succeeded)
            return name.Failure;
        var storage = context.Storage;
        var change = storage.Begin().Delete(storage, UserStore.UserPath(name.Value)).Delete(storage, UserStore.FailedPath(name.Value));
        return await Racing.CommitOnceAsync(context, change, cancellationToken);
    }
}
