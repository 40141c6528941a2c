using System.Text;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Objects;

namespace Kist.Kubernetes.Tests.AtRest;

public sealed class StoredObjectTests
{
    private const string Owned =
        """
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"b","uid":"u","ownerReferences":[
          {"apiVersion":"apps/v1","kind":"Deployment","name":"d","uid":"1","controller":true,"blockOwnerDeletion":true},{"kind":"X","name":"y"}],
          "finalizers":["f"],"managedFields":[{"a":[{}]}]},"type":"t","immutable":true,"data":{"k":"AA=="}}

        """;

    [Fact]
    public void Owners_in_json_are_named()
    {
        var stored = StoredObject.Parse(Encoding.UTF8.GetBytes(Owned)).Ok();
        Assert.Equal([new OwnerReference("apps/v1", "Deployment", "d", "1", true), new OwnerReference("", "X", "y", "", false)], stored.Owners);
        Assert.Equal((true, "t", 1), (stored.Immutable, stored.Type, stored.Data.Single().Size));
    }

    [Fact]
    public void Owners_in_protobuf_are_named()
    {
        // metadata { name: "a", ownerReferences: { kind: "D", name: "d", uid: "1", apiVersion: "apps/v1", controller: true } }
        byte[] owner = [.. Text(1, "D"), .. Text(3, "d"), .. Text(4, "1"), .. Text(5, "apps/v1"), 6 << 3, 1];
        byte[] metadata = [.. Text(1, "a"), .. Bytes(13, owner)];
        byte[] envelope = [.. "k8s\0"u8, .. Bytes(1, [.. Text(1, "apps/v1"), .. Text(2, "ReplicaSet")]), .. Bytes(2, Bytes(1, metadata))];

        var stored = StoredObject.Parse(envelope).Ok();

        Assert.Equal(("apps/v1", "ReplicaSet", "a"), (stored.ApiVersion, stored.Kind, stored.Name));
        Assert.Equal([new OwnerReference("apps/v1", "D", "d", "1", true)], stored.Owners);
    }

    [Theory]
    [InlineData("""{"data":{"k":"dg=="},"kind":"Secret","apiVersion":"v1"}""", "k", "v")]
    [InlineData("""{"kind":"Secret","apiVersion":"v1","data":{"k\n":"d\u0067\u003d="}}""", "k\n", "v")]
    [InlineData("""{"kind":"Secret","apiVersion":"v1","data":{"k":"d\ng=\r="}}""", "k", "v")]
    [InlineData("""{"kind":"ConfigMap","apiVersion":"v1","data":{"k":"\"\u00fc\ud83d\ude00\""}}""", "k", "\"ü😀\"")]
    public void Value_is_copied_out_of_json_whatever_its_escapes_and_the_order_of_fields(string json, string key, string value)
    {
        var plaintext = Encoding.UTF8.GetBytes(json);
        var field = StoredObject.Parse(plaintext).Ok().Data.Single();
        using var copied = new SecretBuffer();
        StoredValues.Copy(plaintext, field, copied);
        Assert.Equal((key, value), (field.Name, Encoding.UTF8.GetString(copied.Written)));
    }

    [Fact]
    public void Values_in_json_are_measured_without_being_copied()
    {
        var value = Convert.ToBase64String(new byte[600_000]);
        var plaintext = Encoding.UTF8.GetBytes("{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"data\":{\"k\":\"" + value + "\"}}");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var stored = StoredObject.Parse(plaintext).Ok();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.Equal(600_000, stored.Data.Single().Size);
    }

    [Theory]
    [InlineData("""{"kind":"Widget","apiVersion":"a/v1","metadata":{"name":"w"},"data":7,"type":{},"immutable":"x"}""")]
    [InlineData("""{"kind":"Widget","apiVersion":"a/v1","metadata":{"name":"w"},"data":{"k":"not base64!"},"binaryData":[1]}""")]
    [InlineData("""{"kind":"Widget","apiVersion":"a/v1","data":{"x":{"y":[]}},"metadata":{"labels":null,"name":"w"}}""")]
    public void Custom_resource_may_use_the_names_of_a_secrets_fields_for_anything(string json)
    {
        var stored = StoredObject.Parse(Encoding.UTF8.GetBytes(json)).Ok();
        Assert.Equal(("w", 0, "", (bool?)null), (stored.Name, stored.Data.Count, stored.Type, stored.Immutable));
    }

    [Theory]
    [InlineData("", "object.empty")]
    [InlineData("j8s\0", "object.unknown")]
    [InlineData("[]", "object.unknown")]
    [InlineData("{", "object.malformed")]
    [InlineData("{}{}", "object.malformed")]
    [InlineData("""{"kind":1}""", "object.malformed")]
    [InlineData("""{"metadata":[]}""", "object.malformed")]
    [InlineData("""{"metadata":{"ownerReferences":{}}}""", "object.malformed")]
    [InlineData("""{"kind":"Secret","apiVersion":"v1","data":{"k":"not base64!"}}""", "object.malformed")]
    [InlineData("k8s\0\u0001", "object.malformed")]
    [InlineData("k8s\0\n\u007f", "object.malformed")]
    public void What_is_no_object_is_refused_by_name(string plaintext, string code) =>
        Assert.Equal(code, StoredObject.Parse(Encoding.UTF8.GetBytes(plaintext)).Failure?.Code);

    [Fact]
    public void Deeply_nested_json_ends()
    {
        var deep = "{\"kind\":\"X\",\"spec\":" + new string('[', 200_000) + new string(']', 200_000) + "}";
        Assert.Equal("object.malformed", StoredObject.Parse(Encoding.UTF8.GetBytes(deep)).Failure?.Code);
    }

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] bytes) => [(byte)(field << 3 | 2), (byte)bytes.Length, .. bytes];
}
