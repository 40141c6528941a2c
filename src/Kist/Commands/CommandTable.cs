using Kist.Client.Run.Files;
using Kist.Commands.Agent;
using Kist.Commands.Cli;
using Kist.Commands.Encryption;
using Kist.Commands.Etcd;
using Kist.Commands.Generate;
using Kist.Commands.K8s;
using Kist.Commands.Kms;
using Kist.Commands.Kv;
using Kist.Commands.Mounts;
using Kist.Commands.Operator;
using Kist.Commands.Policies;
using Kist.Commands.Run;

namespace Kist.Commands;

/// <summary>All commands, in the order of help. A new group is one line.</summary>
internal static class CommandTable
{
    /// <summary>The groups.</summary>
    public static IReadOnlyList<CommandGroup> Groups { get; } =
    [
        new("dev", static () => [ServerCommands.DevServer]),
        new("server", static () => [ServerCommands.Server]),
        new("status", static () => [StatusCommand.Status]),
        new("login", static () => [LoginCommand.Login]),
        new("read", static () => [DataCommands.Read]),
        new("write", static () => [DataCommands.Write]),
        new("patch", static () => [DataCommands.Patch]),
        new("delete", static () => [DataCommands.Delete]),
        new("list", static () => [ListCommands.List]),
        new("scan", static () => [ListCommands.Scan]),
        KvCommands.Group,
        new("run", static () => [RunCommand.Run]),
        new("agent", static () => [AgentCommand.Agent]),
        new("provider", static () => [ProviderCommand.Provider]),
        new("unwrap", static () => [WrappingCommands.Unwrap]),
        TokenCommands.Group,
        LeaseCommands.Group,
        PolicyCommands.Group,
        GenerateCommands.Group,
        MountCommands.Secrets,
        MountCommands.Auth,
        AuditCommands.Group,
        OperatorCommands.Group,
        EncryptionCommands.Group,
        EtcdCommands.Group,
        KmsCommands.Group,
        K8sCommands.Group,
        new("path-help", static () => [DataCommands.PathHelp]),
        ProgramCommands.Print,
        new("completion", static () => [CompletionCommands.Completion]),
        new("version", static () => [ProgramCommands.Version]),
        new("__complete", static () => [CompletionCommands.Complete]),
        new(FileGuardServer.Command, static () => [RunCommand.RemoveFiles]),
        new("__reference", static () => [CompletionCommands.Reference]),
    ];
}
